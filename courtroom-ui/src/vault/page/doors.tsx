// What stands before the vault: the companion's own account of itself and its pairing, or what the plain browser gives up and where the companion's code is got.
import { useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { Notice } from '../../components/notice';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import type { CompanionGate } from '../gate';
import type { VaultShell } from '../shell';
import { Field, Form, Submit } from './parts';

export function CompanionDoor({ shell, gate }: { shell: VaultShell; gate: CompanionGate }) {
  const t = useText();
  const [code, setCode] = useState('');
  const info = shell.info;
  if (!info) return null;
  return (
    <Panel title={t('vault.companion.title')}>
      {info.development && <Notice tone="incident">{t('vault.companion.development')}</Notice>}
      <dl class="facts-list">
        <div><dt>{t('vault.companion.version')}</dt><dd>{info.version}</dd></div>
        <div><dt>{t('vault.companion.sha256')}</dt><dd class="wrap digits" data-sha256={info.sha256}>{info.sha256.match(/.{8}/g)?.join(' ')}</dd></div>
        <div><dt>{t('vault.companion.gateway')}</dt><dd>{info.gateway}</dd></div>
      </dl>
      {!info.paired && (
        <Form go={() => void shell.run(async () => { await gate.pair(code.replace(/\s/g, '')); setCode(''); await shell.look(); })}>
          <p>{t('vault.pair.what')}</p>
          <Field name="pair" label={t('vault.pair.code')} value={code} set={setCode} />
          <Submit act="pair.go">{t('vault.pair.go')}</Submit>
        </Form>
      )}
      {info.paired && <div class="buttons"><Button press={() => void shell.run(() => shell.look())} act="look">{t('vault.look')}</Button></div>}
    </Panel>
  );
}

export function PlainDoor({ shell }: { shell: VaultShell }) {
  const t = useText();
  const [code, setCode] = useState<string | null>(null);
  const plain = shell.state?.plain_browser === true;
  const pair = async (): Promise<void> => {
    await shell.run(async () => { setCode((await shell.gate.post<{ code: string }>('/api/vault/pair', {})).code); });
  };
  return (
    <Panel title={t('vault.plain.title')}>
      {plain && <Notice tone="incident" id="plain">{t('vault.plain.warning')}</Notice>}
      {!plain && <p>{t('vault.plain.companion')}</p>}
      {code !== null && <p class="lead" role="status">{t('vault.pair.shown')} <span class="vault-code digits" data-pair={code}>{code}</span></p>}
      <div class="buttons">
        <Button press={() => void pair()} act="pair.code">{t('vault.pair.get')}</Button>
        <Button press={() => void shell.run(() => shell.look())} act="look">{t('vault.look')}</Button>
      </div>
    </Panel>
  );
}
