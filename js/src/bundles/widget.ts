// The widget of texts, rows and tables.
import "../kinds/text";
import "../kinds/features";
import "../kinds/table";
import "../panels/path/register";

export { default } from "../widget";
