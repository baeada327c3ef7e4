// What is known about a picture of many channels, in words.
// Knows nothing about where the words are shown.
import { given, plural, signed } from "../numbers";
import type { ChannelScene, ChannelValue } from "../scenes/picture";
import { unitOf } from "../scenes/unit";
import { PICTURE_WORDS, type PictureWords, placeText, valueTexts } from "./picture";

/** Channels that are told of one pixel. */
const TOLD = 5;

/** Words for a picture of channels; `at` tells of all channels at a pixel. */
export function channelWords(
  at: (scene: ChannelScene, row: number, column: number) => ChannelValue[],
): PictureWords<ChannelScene> {
  return {
    probe: (scene, row, column) => {
      const probe = scene.probe(row, column);
      const place = `${placeText(probe)}${ofChannel(scene)}`;
      const values = valueTexts(probe, unitOf(scene.meta));
      return [place, ...values, channelsText(at(scene, row, column))].join(" · ");
    },
    summary: (scene) => {
      if (scene.channel !== null && scene.meta && !scene.strongest)
        return `Attribution heatmap, ${scene.names[scene.channel]}: shown when the run has ended`;
      return PICTURE_WORDS.summary(scene).replace(
        "Attribution heatmap",
        `Attribution heatmap${ofChannel(scene)}`,
      );
    },
    hint: (scene) =>
      scene.channel !== null && scene.meta && !scene.strongest
        ? "Single channels are shown when the run has ended."
        : PICTURE_WORDS.hint(scene),
    input: (scene) => `${PICTURE_WORDS.input(scene)}, ${plural(scene.names.length, "channel")}`,
  };
}

function ofChannel({ channel, names }: ChannelScene): string {
  return channel === null ? "" : ` of ${names[channel]}`;
}

function channelsText(values: ChannelValue[]): string {
  const told = values.slice(0, TOLD).map(({ name, value, input }) => {
    const own = input === null ? "" : ` (input ${given(input)})`;
    return value === null ? `${name}${own}` : `${name} ${signed(value)}${own}`;
  });
  const more = values.length - told.length;
  return told.join("  ") + (more > 0 ? `  and ${more} more` : "");
}
