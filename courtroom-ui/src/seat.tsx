import { render } from 'preact';
render(<main>parda</main>, document.getElementById('app')!);
