// The widget of signals, volumes, videos and pictures of many channels, also beside pictures and rows.
import "./kinds/image";
import "./kinds/channels";
import "./kinds/signal";
import "./kinds/volume";
import "./kinds/video";
import "./kinds/features";
import "./kinds/several";

export { default } from "./widget";
