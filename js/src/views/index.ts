// The kinds of inputs the card can draw, one line each.
import { channels } from "./channels";
import { features } from "./features";
import { image } from "./image";
import { registerKind } from "./kind";
import { several } from "./several";
import { signal } from "./signal";
import { table } from "./table";
import { text } from "./text";
import { video } from "./video";
import { volume } from "./volume";

registerKind(image);
registerKind(signal);
registerKind(text);
registerKind(features);
registerKind(table);
registerKind(several);
registerKind(channels);
registerKind(volume);
registerKind(video);

export { kindOf, readSubject } from "./kind";
