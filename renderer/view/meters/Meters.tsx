import type { JSX } from 'react';
export function Meters(): JSX.Element { return <div />; }
