// Makes the digest of a stored list anew from a SQLite file, with nothing of the scanner's.
//
//     node list-digest.mjs scanner.db 1
//
// Prints the digest, and exits with 1 if it is not the one that is stored. Needs Node and the
// program sqlite3. What is hashed is described in docs/how-to/seal.md.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";

const [file, list] = process.argv.slice(2);
const LISTS = new Set(["signatures", "owners"]);
const YES_OR_NO = new Set(["duplicate", "is_group"]);

function rows(sql) {
  const said = execFileSync("sqlite3", ["-readonly", "-json", file, sql], { maxBuffer: 2 ** 30 });
  return said.length ? JSON.parse(said) : [];
}

function plain(name, value) {
  if (name === "amount") return BigInt(value).toString(); // stored with zeros before it
  if (LISTS.has(name)) return JSON.parse(value);
  return YES_OR_NO.has(name) ? value === 1 : value;
}

function line(row) {
  const names = Object.keys(row).filter((n) => n !== "list_id" && row[n] !== null).sort();
  return JSON.stringify(Object.fromEntries(names.map((n) => [n, plain(n, row[n])]))) + "\n";
}

const sha256 = (lines) => lines.reduce((made, l) => made.update(l), createHash("sha256")).digest("hex");
const linesOf = (table) =>
  rows(`SELECT * FROM ${table} WHERE list_id = ${Number(list)} ORDER BY no`).map(line);

const parts = {};
for (const table of ["claim", "declared_total", "unreadable_row"]) parts[table] = sha256(linesOf(table));
let digest = sha256([line(parts)]);
const findings = linesOf("list_finding");
if (findings.length) digest = sha256([line({ findings: sha256(findings), rows: digest })]);

const [stored] = rows(`SELECT content FROM reserve_list WHERE id = ${Number(list)}`);
console.log(digest);
process.exit(stored && stored.content === digest ? 0 : 1);
