// Which screen a seat gets: told by the role that the gateway says, and by nothing in the address.
import { useEffect } from 'preact/hooks';
import { GuardDialog } from '../components/guard';
import { StepUpDialog } from '../components/stepup';
import type { Snapshot } from '../session';
import { useText } from '../text/context';
import { roleName } from '../text/say';
import { Audience } from './audience';
import { Console, type ScreenProps } from './console';
import { Party } from './party';
import { Plain } from './plain';
import { SeatSignIn } from './signin';

const screens: Partial<Record<string, (props: ScreenProps) => preact.JSX.Element>> = {
  presiding_judge: Console, judge: Console, reserve_judge: Console, court_clerk: Console,
  prosecutor: Party, defence_counsel: Party, victims_lawyer: Party,
  interpreter: Party, support_person: Party, legal_representative: Party, protected_witness: Party,
  courtroom_screen: Audience, gallery: Audience,
};

export function SeatScreen({ snap, place }: { snap: Snapshot; place: { hearing: string; seat: string } }) {
  const t = useText();
  const { page, refused } = snap;
  const role = page.state?.you.role;
  useEffect(() => { document.title = role ? t('app.title', { role: roleName(t, role) }) : t('app.name'); }, [role, t]);
  if (refused === 'sign_in_required' || refused === 'signed_out') return <SeatSignIn code={refused} place={place} link={null} />;
  if (refused) return <Plain code={refused} />;
  if (page.link === 'seat_lost' || page.link === 'not_signed_in') return <Plain code={page.link} />;
  if (!page.state) return <Plain code={page.link === 'lost' ? 'unreachable' : 'connecting'} />;
  const Screen = screens[page.state.you.role];
  return Screen ? <><Screen snap={snap} state={page.state} place={place} /><GuardDialog guard={snap.guard} /><StepUpDialog stepUp={snap.stepUp} /></> : <Plain code="seat_unknown" />;
}
