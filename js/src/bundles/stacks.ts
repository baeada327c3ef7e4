// The widget of several inputs that a model takes together, volumes and videos among them, but no signals; without groups.
import { channels } from "../views/channels";
import { features } from "../views/features";
import { image } from "../views/image";
import { registerKind } from "../views/kind";
import { several } from "../views/several";
import { text } from "../views/text";
import { video } from "../views/video";
import { volume } from "../views/volume";

registerKind(image);
registerKind(channels);
registerKind(volume);
registerKind(video);
registerKind(text);
registerKind(features);
registerKind(several);

export { default } from "../widget";
