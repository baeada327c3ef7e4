// The widget of pictures, texts, rows and tables.
import "./kinds/image";
import "./kinds/text";
import "./kinds/features";
import "./kinds/table";
import "./kinds/several";

export { default } from "./widget";
