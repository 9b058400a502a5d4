// Prints "passed failed skipped" of a report that vitest's JSON reporter wrote. A file that could not be loaded, and an error outside of any
// test, count as failures: otherwise the line at the end of `make test` would say that none failed while the script ends with 1.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
let passed = 0, failed = 0, skipped = 0;
for (const file of report.testResults) {
  const before = failed;
  for (const { status } of file.assertionResults) {
    if (status === 'passed') passed++;
    else if (status === 'failed') failed++;
    else skipped++;
  }
  if (file.status === 'failed' && failed === before) failed++;
}
if (!report.success && failed === 0) failed++;
console.log(passed, failed, skipped);
