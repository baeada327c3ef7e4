// The widget of signals.
import "../kinds/signal";

export { default } from "../widget";
