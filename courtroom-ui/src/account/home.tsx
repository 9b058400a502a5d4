// The frame of a signed-in person's page: who and where, the parts on the left, the one that is open on the right.
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../components/button';
import { Glyph, type GlyphName } from '../components/glyph';
import { LanguageSwitch } from '../components/language';
import { useText } from '../text/context';
import type { Address } from './address';
import { AuditPart } from './audit';
import { DevicesPart } from './devices';
import { HearingsPart } from './hearings';
import { FilePart } from './incidents/file';
import { IncidentPart } from './incidents/incident';
import { useSending } from './incidents/pending';
import { ProtectionPart } from './incidents/protection';
import { RegisterPart } from './incidents/register';
import { StatisticsPart } from './incidents/statistics';
import { InvitationsPart } from './invitations';
import { partsFor, seesVault, type Me, type Part } from './model';
import { OwnPart } from './own';
import { PeoplePart } from './people';
import { PersonPart } from './person';
import type { Asks, Shell } from './shell';

export interface PartProps { api: Asks; me: Me; shell: Shell; address: Address }

const glyphs: Record<Part, GlyphName> = { hearings: 'open', own: 'key', people: 'person', devices: 'room', audit: 'list', incidents: 'flag', protection: 'waiting', statistics: 'link' };
const screens: Record<Part, (props: PartProps) => preact.JSX.Element> = { hearings: HearingsPart, own: OwnPart, people: PeoplePart, devices: DevicesPart, audit: AuditPart, incidents: RegisterPart, protection: ProtectionPart, statistics: StatisticsPart };

export function Home({ shell, me, address }: { shell: Shell; me: Me; address: Address }) {
  const t = useText();
  const parts = partsFor(me);
  const here = parts.find((p) => p === address.parts[0]) ?? parts[0];
  const unsaved = useSending(shell.api, me).pending.length;
  return (
    <div class="screen account" data-screen="account" data-part={here}>
      <header class="account-head">
        <p class="account-court"><Glyph name="masked" /><span>{t.code('court', me.person.court, 'event.plain')}</span></p>
        <p class="account-who">{me.person.name}</p>
        <LanguageSwitch />
        <Button press={() => void shell.signOut()} act="account.sign_out">{t('account.sign_out')}</Button>
      </header>
      <div class="account-grid">
        <nav class="account-nav" aria-label={t('account.parts')}>
          <ul>
            {parts.map((p) => (
              <li key={p}><a href={`#${p}`} class="account-link" aria-current={p === here ? 'page' : undefined} data-part={p}><Glyph name={glyphs[p]} />{t(`part.${p}`)}{p === 'incidents' && unsaved > 0 && <span class="count" data-unsaved={unsaved}>{unsaved}<span class="visually-hidden"> {t('register.saving')}</span></span>}</a></li>
            ))}
            {seesVault(me) && <li><a href="/vault" class="account-link" data-part="vault"><Glyph name="lock" />{t('part.vault')}</a></li>}
          </ul>
        </nav>
        <Opened key={address.parts.join('/')} here={here} props={{ api: shell.api, me, shell, address }} />
      </div>
    </div>
  );
}

/** Going from part to part moves the focus to the new one, as a new page would; the first one leaves it where it is. */
let visited = false;

function Opened({ here, props }: { here: Part | undefined; props: PartProps }) {
  const t = useText();
  const main = useRef<HTMLElement>(null);
  useEffect(() => { if (visited) main.current?.focus(); visited = true; }, []);
  const [, id] = props.address.parts;
  return (
    <main id="main" class="account-main" ref={main} tabIndex={-1}>
      {here === undefined ? <p>{t('account.nothing')}</p>
        : here === 'people' && id ? <PersonPart {...props} id={id} />
          : here === 'hearings' && id ? <InvitationsPart {...props} hearing={id} />
            : here === 'incidents' && id && id !== 'source' ? (id === 'new' ? <FilePart {...props} /> : <IncidentPart {...props} id={id} />)
              : <Here part={here} props={props} />}
    </main>
  );
}

function Here({ part, props }: { part: Part; props: PartProps }) {
  const Screen = screens[part];
  return <Screen {...props} />;
}

/** The head of a part: its name, one sentence, and what may be done first. */
export function PartHead({ title, what, aside, back }: { title: string; what?: string; aside?: preact.ComponentChildren; back?: { href: string; text: string } }) {
  return (
    <header class="part-head">
      {back && <a class="link part-back" href={back.href}><Glyph name="back" />{back.text}</a>}
      <div class="part-title"><h1>{title}</h1>{aside}</div>
      {what && <p class="part-what">{what}</p>}
    </header>
  );
}
