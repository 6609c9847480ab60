// Makes the compressed copies that the server sends to browsers which take them; the same input gives the same bytes.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const STATIC = new URL("../static/", import.meta.url);

for (const folder of ["css", "js", "vendor"]) {
  const files = readdirSync(new URL(`${folder}/`, STATIC)).filter((name) => /\.(css|js)$/.test(name));
  for (const name of files) {
    const file = new URL(`${folder}/${name}`, STATIC);
    const content = readFileSync(file);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    writeFileSync(new URL(`${file.href}.br`), brotliCompressSync(content, { params }));
    writeFileSync(new URL(`${file.href}.gz`), gzipSync(content, { level: 9 }));
  }
}
