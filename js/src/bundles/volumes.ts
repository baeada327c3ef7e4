// The widget of volumes and of videos.
import "../kinds/volume";
import "../kinds/video";

export { default } from "../widget";
