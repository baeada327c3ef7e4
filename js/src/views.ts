// Chooses the view for an input and feeds it scenes: picture, text or features, each with its legend.
// Knows nothing about traits, messages or controls.
import { Bars } from "./bars";
import { isDiverging } from "./color";
import { make } from "./dom";
import { given } from "./format";
import { Heatmap } from "./heatmap";
import { createLegend } from "./legend";
import type { FeaturesInput, Frame, Tensor, TextInput } from "./protocol";
import { featureScene, pictureScene, type Scale, textScene, unitOf, type ViewOptions } from "./scene";
import { Tokens } from "./tokens";

export type Subject = { kind: "image"; photo: Tensor } | TextInput | FeaturesInput;

export interface View {
  node: HTMLElement;
  /** Frames `beside` it may share its colour scale, which is returned. */
  draw(frame: Frame | null, options: ViewOptions, dark: boolean, beside: Frame[]): Scale;
}

type Pin = (selection: number[]) => void;

export function createView(subject: Subject, pin: Pin, signal: AbortSignal): View {
  if (subject.kind === "image") return pictureView(subject.photo, pin, signal);
  return subject.kind === "text" ? textView(subject, pin, signal) : featuresView(subject);
}

function pictureView(photo: Tensor, pin: Pin, signal: AbortSignal): View {
  const legend = createLegend("up");
  const heatmap = new Heatmap(make("div", { class: "whylight-aside" }, legend.node), pin, signal);
  const draw: View["draw"] = (frame, options, dark, beside) => {
    const scene = pictureScene(photo, frame, options, isDiverging(options.colormap), beside);
    heatmap.draw(scene, { ...options, dark });
    legend.draw(scene.scale, options.colormap, dark, unitOf(scene.meta));
    return scene.scale;
  };
  return { node: heatmap.node, draw };
}

function textView(input: TextInput, pin: Pin, signal: AbortSignal): View {
  const tokens = new Tokens(input, pin, signal);
  const legend = createLegend("right");
  const draw: View["draw"] = (frame, options, dark, beside) => {
    const scene = textScene(input, frame, options, isDiverging(options.colormap), beside);
    tokens.draw(scene, { ...options, dark });
    legend.draw(scene.scale, options.colormap, dark, scene.unit);
    return scene.scale;
  };
  return { node: make("div", { class: "whylight-view" }, legend.node, tokens.node), draw };
}

function featuresView(input: FeaturesInput): View {
  const bars = new Bars("Features");
  const legend = createLegend("right");
  const notes = input.values.map((value) => (value === null ? "missing" : `= ${given(value)}`));
  const draw: View["draw"] = (frame, options, dark, beside) => {
    const scene = featureScene(input, frame, options, isDiverging(options.colormap), beside);
    bars.draw(scene, { ...options, dark }, notes);
    legend.draw(scene.scale, options.colormap, dark, scene.unit);
    return scene.scale;
  };
  return { node: make("div", { class: "whylight-view" }, legend.node, bars.node), draw };
}
