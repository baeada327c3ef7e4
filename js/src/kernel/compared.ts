// Answers to compare with the frame: their messages in full, and the names of their settings.
// Knows nothing about models or the page.
import { type Binary, type Decoded, decodeFrame } from "./decode";
import type {
  ComparedMessage,
  ComparedMeta,
  Correlation,
  Frame,
  Missing,
  Setting,
  StreamedCompared,
} from "./protocol";

/** An answer to compare with the frame of the same number, or what went wrong. */
export interface Compared {
  seq: number;
  setting: Setting;
  /** Why there is no frame; else empty. */
  missing: string;
  frame: Frame | null;
  /** Of its map with the main one (no setting) and with those asked for before it. */
  correlations: Correlation[];
}

/** An answer to compare, its map in full. */
export function decodeCompared(
  message: ComparedMessage | StreamedCompared,
  buffers: readonly Binary[] = [],
): Compared {
  const { seq, meta, arrays } = restored(decodeFrame<Missing & Partial<ComparedMeta>>(message, buffers));
  return {
    seq,
    setting: message.setting ?? {},
    missing: meta.missing ?? "",
    frame: meta.missing ? null : { seq, meta: meta as ComparedMeta, arrays },
    correlations: message.correlations ?? [],
  };
}

/** With its map in full, where that travelled divided by its largest value. */
export function restored<M extends Partial<Pick<Frame["meta"], "value_scale">>>(
  frame: Decoded<M>,
): Decoded<M> {
  const { data } = frame.arrays.values ?? {};
  const scale = frame.meta.value_scale;
  if (data && scale) for (let i = 0; i < data.length; i++) data[i]! *= scale;
  return frame;
}

/** The name of a setting, the same whatever the order of its parts. */
export function settingKey({ method, target, baseline }: Setting): string {
  return JSON.stringify([method, target, baseline].map((value) => (value === undefined ? [] : [value])));
}
