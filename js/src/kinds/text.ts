// Texts, and their groups.
import "../panels/groups/offer";
import "../panels/path/offer";
import { registerGroups } from "../panels/groups/kind";
import { phraseKind } from "../panels/groups/phrases";
import { registerKind } from "../views/kind";
import { TextSubject } from "../views/text";
import { textAlone } from "../views/text-alone";

registerKind(textAlone);
registerGroups(TextSubject, ({ input }) => phraseKind(input));
