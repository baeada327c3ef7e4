// Buttons that magnify, shrink and show the whole again.
// Knows nothing about what is magnified.
import { type IconName, icon, make } from "./dom";
import type { Zoom } from "./zoom";

/** `whole` is what is seen when nothing is magnified. */
export function zoomButtons(zoom: Pick<Zoom, "by" | "fit">, whole: string, signal: AbortSignal): HTMLElement {
  const button = (name: IconName, label: string, act: () => void) => {
    const attributes = { type: "button", class: "whylight-tool", "aria-label": label, title: label };
    const element = make("button", attributes, icon(name));
    element.addEventListener("click", act, { signal });
    return element;
  };
  return make(
    "div",
    { class: "whylight-tools", role: "group", "aria-label": "Zoom" },
    button("minus", "Zoom out", () => zoom.by(0.5)),
    button("plus", "Zoom in", () => zoom.by(2)),
    button("fit", `Whole ${whole}`, () => zoom.fit()),
  );
}
