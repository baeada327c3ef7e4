// The widget of pictures, also of many channels.
import "../kinds/image";
import "../kinds/channels";

export { default } from "../widget";
