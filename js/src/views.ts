// Chooses the view for an input and feeds it scenes: picture, text or features, each with its legend.
// Knows nothing about traits, messages or controls.
import { createBars } from "./bars";
import { isDiverging } from "./color";
import { make } from "./dom";
import { number } from "./format";
import { createHeatmap } from "./heatmap";
import { createLegend } from "./legend";
import type { FeaturesInput, Frame, Tensor, TextInput } from "./protocol";
import { featureScene, pictureScene, textScene, unitOf, type ViewOptions } from "./scene";
import { createTokens } from "./tokens";

export type Subject = { kind: "image"; photo: Tensor } | TextInput | FeaturesInput;

export interface View {
  node: HTMLElement;
  draw(frame: Frame | null, options: ViewOptions, dark: boolean): void;
}

type Pin = (selection: number[]) => void;

export function createView(subject: Subject, pin: Pin, signal: AbortSignal): View {
  if (subject.kind === "image") return pictureView(subject.photo, pin, signal);
  return subject.kind === "text" ? textView(subject, pin, signal) : featuresView(subject);
}

function pictureView(photo: Tensor, pin: Pin, signal: AbortSignal): View {
  const heatmap = createHeatmap(pin, signal);
  const legend = createLegend("up");
  heatmap.aside.append(legend.node);
  const draw: View["draw"] = (frame, options, dark) => {
    const scene = pictureScene(photo, frame, options, isDiverging(options.colormap));
    heatmap.draw(scene, { ...options, dark });
    legend.draw(scene.scale, options.colormap, dark, unitOf(scene.meta));
  };
  return { node: heatmap.node, draw };
}

function textView(input: TextInput, pin: Pin, signal: AbortSignal): View {
  const tokens = createTokens(input, pin, signal);
  const legend = createLegend("right");
  const draw: View["draw"] = (frame, options, dark) => {
    const scene = textScene(input, frame, options, isDiverging(options.colormap));
    tokens.draw(scene, { ...options, dark });
    legend.draw(scene.scale, options.colormap, dark, scene.unit);
  };
  return { node: make("div", { class: "whylight-view" }, legend.node, tokens.node), draw };
}

function featuresView(input: FeaturesInput): View {
  const bars = createBars("Features");
  const legend = createLegend("right");
  const given = input.values.map((value) => `= ${number(value)}`);
  const draw: View["draw"] = (frame, options, dark) => {
    const scene = featureScene(input, frame, options, isDiverging(options.colormap));
    bars.draw(scene, { ...options, dark }, given);
    legend.draw(scene.scale, options.colormap, dark, scene.unit);
  };
  return { node: make("div", { class: "whylight-view" }, legend.node, bars.node), draw };
}
