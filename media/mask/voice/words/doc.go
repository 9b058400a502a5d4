// Package words holds what was measured of the words: pairs of sentences whose meaning turns on one word, the scripts that have them spoken, masked and
// judged (measure.py), and what came of it (MEASURED.md, verdict.json). Its tests hold the verdicts to their counts. No code of the product is here.
package words
