// What the model saw at one point of the path to a text: words fade in from the baseline; below, their shares of the slope.
// Knows nothing about the curve, models or traits.
import type { TextInput } from "../kernel/protocol";
import { type PathPoint, pathItems } from "../scenes/path";
import { sumsByWord } from "../scenes/text";
import { make, setText } from "../ui/dom";
import type { Drawing } from "../ui/drawing";
import { inputCaption, mapCaption } from "../wording/path";
import { sentenceElements, styleWord } from "./tokens";

export function textPathPoint(input: TextInput): Drawing<PathPoint> {
  const [faded, colored] = [createSentence(), createSentence()];
  const [above, below] = [createCaption(), createCaption()];
  const node = make("div", { class: "whylight-path-sentences" }, above, faded, below, colored);
  let view = "";
  const draw: Drawing<PathPoint>["draw"] = (point, look) => {
    const { path, at } = point;
    const words = look.view !== "tokens";
    if (view !== look.view) for (const sentence of [faded, colored]) fill(sentence, input, look.view);
    view = look.view;
    setText(above, `${inputCaption(path, at)}; words fade in from: ${path.baseline}`);
    setText(below, mapCaption(path, at));
    for (const word of wordsOf(faded)) word.style.opacity = (0.12 + 0.88 * at.alpha).toFixed(3);
    const names = (words ? input.units : input.tokens).map((part) => part.text);
    const scene = pathItems(point, names, words ? sumsByWord(input, at.map) : at.map);
    for (const word of wordsOf(colored)) {
      styleWord(word, scene, look);
      word.title = word.getAttribute("aria-label") ?? "";
    }
  };
  return { node, draw };
}

const createCaption = () => make("p", { class: "whylight-caption" });
const createSentence = () => make("div", { class: "whylight-text", dir: "auto" });
const wordsOf = (sentence: HTMLElement) => sentence.querySelectorAll<HTMLElement>(".whylight-token");

function fill(sentence: HTMLElement, input: TextInput, view: string): void {
  sentence.dataset.view = view;
  sentence.replaceChildren(...sentenceElements(input, view));
}
