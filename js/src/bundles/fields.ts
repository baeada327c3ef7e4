// The widget of several inputs that a model takes together, volumes or videos and signals among them, but no texts; without groups.
import { channels } from "../views/channels";
import { features } from "../views/features";
import { image } from "../views/image";
import { registerKind } from "../views/kind";
import { several } from "../views/several";
import { signal } from "../views/signal";
import { video } from "../views/video";
import { volume } from "../views/volume";

registerKind(image);
registerKind(channels);
registerKind(volume);
registerKind(video);
registerKind(signal);
registerKind(features);
registerKind(several);

export { default } from "../widget";
