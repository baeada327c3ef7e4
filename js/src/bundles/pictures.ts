// The widget of pictures, also of many channels, of volumes and of videos.
import "../kinds/image";
import "../kinds/channels";
import "../kinds/volume";
import "../kinds/video";

export { default } from "../widget";
