// Files that Python makes of what is on show: asked for by a number, which comes back with the bytes.
// Knows nothing about what a file is for.
import { type Binary, bytesOf } from "./decode";
import type { Export, ExportedFile } from "./protocol";

/** Milliseconds until nobody is taken to be there: a large figure may take long. */
const PATIENCE = 20_000;

export interface MadeFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

interface Wish {
  made(file: MadeFile): void;
  failed(reason: Error): void;
}

export class Files {
  #send: (message: Export) => void;
  #wishes = new Map<number, Wish>();
  #count = 0;

  constructor(send: (message: Export) => void) {
    this.#send = send;
  }

  /** The file, or an error whose message is for people. */
  ask(format: string, scale?: number): Promise<MadeFile> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((made, failed) => {
      this.#wishes.set(id, { made, failed });
      setTimeout(() => this.#drop(id, "Python does not answer: run the cell again"), PATIENCE);
      this.#send({ kind: "export", id, format, ...(scale ? { scale } : {}) });
    });
  }

  take({ id, name, missing }: ExportedFile, [data]: readonly Binary[] = []): void {
    if (!missing && data !== undefined)
      this.#wishes.get(id)?.made({ name, bytes: new Uint8Array(bytesOf(data)) });
    this.#drop(id, missing || "Nothing came");
  }

  #drop(id: number, why: string): void {
    this.#wishes.get(id)?.failed(new Error(why));
    this.#wishes.delete(id);
  }
}
