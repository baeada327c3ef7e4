// The widget of texts, rows and tables.
import "../kinds/text";
import "../kinds/features";
import "../kinds/table";

export { default } from "../widget";
