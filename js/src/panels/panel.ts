// What folds out below an answer: the registry of panels that a bundle carries.
// Knows nothing about any one panel.
import type { Feed, State } from "../kernel/feed";
import type { ComputeOptions } from "../kernel/options";
import type { Choices, Frame, Groups, Path } from "../kernel/protocol";
import type { Look } from "../scenes/look";
import type { Disclosure } from "../ui/disclosure";
import type { OnSelect } from "../ui/drawing";
import type { Subject } from "../views/kind";

/** Everything the card knows at one moment. */
export interface Now {
  frame: Frame | null;
  path: Path | null;
  groups: Groups | null;
  choices: Choices;
  options: ComputeOptions;
  state: State;
}

export interface Panel {
  disclosure: Disclosure;
  draw(now: Now, look: Look): void;
}

/** What a panel is made for. */
export interface Setting {
  subject: Subject;
  feed: Feed;
  choices: Choices;
  select: OnSelect;
}

/** Null where the input or the model has nothing for it. */
type Create = (setting: Setting, signal: AbortSignal) => Panel | null;

const creators: Create[] = [];

/** In the order in which they are registered they stand on the card. */
export function registerPanel(create: Create): void {
  creators.push(create);
}

export function panelsOf(setting: Setting, signal: AbortSignal): Panel[] {
  return creators.flatMap((create) => create(setting, signal) ?? []);
}
