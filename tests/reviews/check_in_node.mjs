// Runs the checker of scripts/verify_receipt.html over the files that are named on standard input, a path a line.
// Prints for each: the number of problems, or -1 where it is no bundle.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [page, module] = process.argv.slice(2);
const source = readFileSync(page, "utf-8").match(/<script type="module" id="verify">([\s\S]*?)<\/script>/)[1];
writeFileSync(module, source);
const { checkFile } = await import(pathToFileURL(module));
for (const path of readFileSync(0, "utf-8").trim().split("\n")) {
  try {
    console.log((await checkFile(new Uint8Array(readFileSync(path)))).problems.length);
  } catch (error) {
    console.log(-1);
  }
}
