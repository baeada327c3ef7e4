// The widget of signals.
import "../kinds/signal";
import "../panels/path/register";

export { default } from "../widget";
