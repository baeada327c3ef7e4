// The widget of several inputs that a model takes together: those that can stand beside others, but volumes and videos; without groups.
import { channels } from "../views/channels";
import { features } from "../views/features";
import { image } from "../views/image";
import { registerKind } from "../views/kind";
import { several } from "../views/several";
import { signal } from "../views/signal";
import { text } from "../views/text";

registerKind(image);
registerKind(channels);
registerKind(signal);
registerKind(text);
registerKind(features);
registerKind(several);

export { default } from "../widget";
