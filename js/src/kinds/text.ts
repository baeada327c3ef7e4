// Texts, and their groups.
import "../panels/groups/offer";
import "../panels/path/offer";
import { registerGroups } from "../panels/groups/kind";
import { phraseKind } from "../panels/groups/phrases";
import { registerKind } from "../views/kind";
import { TextSubject, text } from "../views/text";

registerKind(text);
registerGroups(TextSubject, ({ input }) => phraseKind(input));
