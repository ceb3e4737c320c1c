import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { DesktopClient } from './client/desktop-client.ts';
import { WebClient } from './client/web-client.ts';
import { AudioPlayer } from './store/audio-player.ts';
import { createStudio } from './store/studio.ts';
import { App } from './view/app/App.tsx';
import { StudioContext } from './view/studio-context.ts';
import './view/tokens.css';
import './view/base.css';

const base = new URL('.', document.baseURI);
const client = window.studio === undefined ? new WebClient(base) : new DesktopClient(window.studio, base);
const studio = createStudio(client, new AudioPlayer((address, range, signal) => client.read(address, range, signal)));

addEventListener('pagehide', () => {
  studio.getState().saveMix(true);
});

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    <StudioContext value={studio}>
      <App />
    </StudioContext>
  </StrictMode>,
);
