// The kinds of inputs the card can draw, one line each.
import { features } from "./features";
import { image } from "./image";
import { registerKind } from "./kind";
import { signal } from "./signal";
import { table } from "./table";
import { text } from "./text";

registerKind(image);
registerKind(signal);
registerKind(text);
registerKind(features);
registerKind(table);

export { kindOf, readSubject } from "./kind";
