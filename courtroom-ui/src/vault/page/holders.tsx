// The choice of the two who hold a person's halves, where a court has several. Who cannot be chosen stands beneath it, with the reason.
import { useMemo } from 'preact/hooks';
import { useText } from '../../text/context';
import { candidates, firstDigits, halves, type Candidate, type Chosen } from '../holders';
import type { VaultShell } from '../shell';
import { Choice } from './parts';

export const noneChosen: Chosen = { 1: '', 2: '' };

export function Holders({ shell, value, set }: { shell: VaultShell; value: Chosen; set: (v: Chosen) => void }) {
  const t = useText();
  const all = useMemo(() => candidates(shell.state!, shell.ring).map((c) => ({ ...c, digits: c.card && !c.why ? firstDigits(c.card) : '' })), [shell.state, shell.ring]);
  const said = (c: Candidate & { digits: string }): string => t('vault.holders.one', { who: c.who || t('vault.reader.me'), role: t(`vault.role.${c.role as 'judge' | 'prosecutor'}`), account: c.account, digits: c.digits });
  const role = (half: 1 | 2): string => t(`vault.role.${shell.state!.policy!.find((p) => p.half === half)!.holder as 'judge' | 'prosecutor'}`);
  return (
    <>
      <p>{t('vault.holders.what')}</p>
      {halves.map((half) => (
        <Choice key={half} name={`holder${half}`} label={t('vault.holders.half', { n: half, role: role(half) })} value={value[half]} set={(key) => set({ ...value, [half]: key })}
          options={[{ value: '', label: t('vault.choose') }, ...all.filter((c) => c.half === half && !c.why).map((c) => ({ value: c.key, label: said(c) }))]} />
      ))}
      {all.filter((c) => c.why).map((c) => <p key={c.key} class="quiet" data-barred={c.account}>{t(`vault.holders.${c.why!}`, { role: role(c.half), account: c.account })}</p>)}
    </>
  );
}
