// The answer first: what the model says, its likeliest classes as bars to explain each by a click; what it is explained against; in words.
// Knows nothing about how an answer is drawn.
import type { State } from "../kernel/feed";
import type { Target, TargetOptions } from "../kernel/options";
import type { Choices, Frame } from "../kernel/protocol";
import { make, setText } from "../ui/dom";
import { type Answers, answersOf, shownOf } from "../wording/answers";
import { readingOf } from "../wording/reading";
import { againstOf } from "../wording/settings";
import { createTargetField } from "./target";

/** Letters of a name that leaves no room for anything beside the classes. */
const LONG = 24;

export interface Headline {
  node: HTMLElement;
  /** Room at the end of the row. */
  end: HTMLElement;
  sync(choices: Choices, options: TargetOptions, frame: Frame | null, state: State, detail: string): void;
}

export function createHeadline(
  ask: (changes: Partial<TargetOptions>) => void,
  signal: AbortSignal,
): Headline {
  const answers = make("div", { class: "whylight-answers", role: "group", "aria-label": "Prediction" });
  const question = createTargetField(ask, signal);
  const end = make("div", { class: "whylight-headline-end" });
  const row = make("div", { class: "whylight-headline" }, answers, question.node, end);
  const reading = make("p", { class: "whylight-reading", hidden: true });
  const node = make("div", { class: "whylight-head" }, row, reading);
  let written = "";
  const explain = (event: Event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button?.value) ask({ target: JSON.parse(button.value) as Target });
  };
  answers.addEventListener("click", explain, { signal });

  const sync: Headline["sync"] = (choices, options, frame, state, detail) => {
    const explained = frame?.meta.target;
    const said = answersOf(choices, shownOf(choices, options, explained), frame?.meta ?? null);
    const key = JSON.stringify(said);
    if (key !== written) write(answers, said);
    written = key;
    const against = JSON.stringify(againstOf(choices, options, explained));
    for (const button of answers.querySelectorAll("button")) {
      button.disabled = state === "static";
      button.classList.toggle("whylight-answer-against", button.value === against);
    }
    row.classList.toggle(
      "whylight-headline-long",
      said.classes.some(({ name }) => name.length > LONG),
    );
    question.sync(choices, options, explained, state === "static");
    answers.hidden = !said.lead && said.classes.length === 0;
    const awaited = frame === null && (state === "queued" || state === "running");
    setText(reading, readingOf(frame?.meta, detail));
    reading.toggleAttribute("data-awaited", awaited);
    reading.hidden = !awaited && reading.textContent === "";
  };
  return { node, end, sync };
}

/** New buttons in place of the old; the one that has the focus keeps it. */
function write(node: HTMLElement, { lead, number, note, classes }: Answers): void {
  const { activeElement } = node.getRootNode() as Document | ShadowRoot;
  const held =
    activeElement instanceof HTMLButtonElement && node.contains(activeElement) ? activeElement.value : "";
  const buttons = classes.map(buttonOf);
  const parts = [
    lead ? make("span", { class: "whylight-answer-lead" }, lead) : null,
    number ? make("strong", { class: "whylight-answer-number" }, number) : null,
    ...buttons,
    note ? make("span", { class: "whylight-answer-note" }, note) : null,
  ];
  node.replaceChildren(...parts.flatMap((part) => (part ? [part, " "] : [])));
  if (held) buttons.find(({ value }) => value === held)?.focus({ preventScroll: true });
}

function buttonOf({
  value,
  name,
  percent,
  share,
  explained,
  spare,
}: Answers["classes"][number]): HTMLButtonElement {
  const bar = make("span", { class: "whylight-answer-bar" });
  bar.style.setProperty("--whylight-share", `${100 * share}%`);
  return make(
    "button",
    {
      type: "button",
      class: spare ? "whylight-answer whylight-answer-spare" : "whylight-answer",
      value,
      "aria-pressed": String(explained),
      title: explained ? `${name} ${percent}: explained here` : `${name} ${percent}: click to explain it`,
    },
    make("span", { class: "whylight-answer-name" }, name),
    " ",
    make("span", { class: "whylight-answer-percent" }, percent),
    bar,
  );
}
