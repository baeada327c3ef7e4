// Rows.
import "../panels/path/offer";
import { features } from "../views/features";
import { registerKind } from "../views/kind";

registerKind(features);
