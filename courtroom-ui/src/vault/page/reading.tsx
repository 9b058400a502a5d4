// A record that lies open. It stands here and nowhere else: no address, no title, no storage, no text that can be found again after it was cleared.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { Notice } from '../../components/notice';
import { useText } from '../../text/context';
import { fromBase64 } from '../bytes';
import type { VaultShell } from '../shell';
import type { Particulars } from '../envelope';
import { ParticularsForm } from './persons';

const fields = ['name', 'birth', 'address', 'documents', 'relatives', 'text'] as const;

export function Reading({ shell }: { shell: VaultShell }) {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const reading = shell.reading!;
  const record = reading.opened.record;
  // Where the order is for a correction, what was read can be sealed anew, under a new key of its own.
  const [changed, setChanged] = useState<Particulars | null>(null);
  useEffect(() => { dialog.current?.showModal(); }, []);
  return (
    <dialog ref={dialog} class="dialog vault-reading" aria-labelledby="reading-title" data-reading onClose={() => shell.clear()} onCopy={(e) => e.preventDefault()}>
      <div class="form vault-reading-in">
        <h2 id="reading-title">{reading.pseudonym}</h2>
        <Notice tone="caution">{t('vault.reading.what')}</Notice>
        {reading.enteredBy === null && <Notice tone="incident">{t('vault.reading.by_unknown')}</Notice>}
        {reading.enteredBy && <p class="quiet">{t('vault.reading.by', { who: reading.enteredBy })}</p>}
        <dl class="facts-list">{fields.filter((f) => record[f] !== '').map((f) => <div key={f}><dt>{t(`vault.field.${f}`)}</dt><dd data-field={f}>{record[f]}</dd></div>)}</dl>
        {record.photo !== '' && <Photo base64={record.photo} label={t('vault.field.photo')} />}
        {changed && <ParticularsForm shell={shell} p={changed} setP={setChanged} go={() => void shell.run(() => shell.sealAnew(changed))} leave={() => setChanged(null)} />}
        <div class="buttons"><Button press={reading.rotation && !changed ? () => setChanged(particularsOf(record)) : undefined} act="reading.correct">{t('vault.reading.correct')}</Button><Button tone="primary" press={() => shell.clear()} act="reading.close">{t('vault.reading.close')}</Button></div>
      </div>
    </dialog>
  );
}

const particularsOf = (r: Particulars): Particulars => ({ name: r.name, birth: r.birth, address: r.address, documents: r.documents, relatives: r.relatives, text: r.text, photo: r.photo });

/** Drawn, not linked: there is no address under which the picture could be fetched or found. */
function Photo({ base64, label }: { base64: string; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    void createImageBitmap(new Blob([fromBase64(base64)], { type: 'image/jpeg' })).then((picture) => {
      const c = canvas.current;
      if (c) { [c.width, c.height] = [picture.width, picture.height]; c.getContext('2d')!.drawImage(picture, 0, 0); }
      picture.close();
    }, () => undefined);
  }, [base64]);
  return <canvas ref={canvas} class="vault-photo" role="img" aria-label={label} />;
}
