import type { JSX } from 'react';

const shapes = {
  play: <path d="M4 2.5v9L11.5 7z" fill="currentColor" />,
  pause: <path d="M4.5 3v8M9.500 3v8" strokeWidth="2.5" />,
  start: <path d="M3 3v8M11 3L5.500 7 11 11z" fill="currentColor" />,
  loop: <path d="M11.500 6.500A3 3 0 0 0 8.500 4H2.500M4.500 2l-2 2 2 2M2.500 7.500a3 3 0 0 0 3 2.500h6M9.500 8l2 2-2 2" />,
  rail: <path d="M2 3h10v8H2zM5.500 3v8" />,
  side: <path d="M2 3h10v8H2zM8.500 3v8" />,
  add: <path d="M7 3v8M3 7h8" />,
  minus: <path d="M3 7h8" />,
  fit: <path d="M2 3v8M12 3v8M4.500 7h5M6 5.500L4.500 7 6 8.500M8 5.500L9.500 7 8 8.500" />,
  done: <path d="M3 7.500L6 10l5-5.500" />,
  bad: <path d="M7 1.700a5.300 5.300 0 1 0 0 10.600A5.300 5.300 0 0 0 7 1.700zM7 4.300v3.200M7 9.700v0" />,
  close: <path d="M3.500 3.500l7 7M10.500 3.500l-7 7" />,
  down: <path d="M4 5.500L7 8.500l3-3" />,
  right: <path d="M5.500 4L8.500 7l-3 3" />,
  search: <path d="M6 2.200a3.800 3.800 0 1 0 0 7.600 3.800 3.800 0 0 0 0-7.600zM9 9l3.200 3.200" />,
  warn: <path d="M7 2L1.700 11.500h10.600zM7 5.700v2.800M7 10v0" />,
  more: <path d="M3 7h0M7 7h0M11 7h0" strokeWidth="2" />,
  gear: <path d="M7 4.700a2.300 2.300 0 1 0 0 4.600 2.300 2.300 0 0 0 0-4.600zM7 1.500v1.600M7 10.900v1.600M1.500 7h1.600M10.900 7h1.600M3.100 3.100l1.150 1.150M9.750 9.750l1.150 1.150M3.100 10.900l1.150-1.150M9.750 4.250l1.150-1.150" />,
  download: <path d="M7 2v6M4.500 6L7 8.500 9.500 6M2.500 11.500h9" />,
  sun: <path d="M7 4.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM7 1v1.200M7 11.800V13M1 7h1.200M11.800 7H13M2.800 2.800l.8.8M10.400 10.400l.8.8M2.800 11.200l.8-.8M10.400 3.600l.8-.8" />,
  keys: <path d="M1.500 4h11v6.500h-11zM4 8.500h6M4 6.200h0M6 6.200h0M8 6.200h0M10 6.200h0" />,
  marker: <path d="M4 12.500v-11h6.500L8.500 4.500l2 3H4" />,
  follow: <path d="M5 2v10M8 4.500L10.500 7 8 9.500M5 7h5.500" />,
  power: <path d="M7 2v4.500M4.200 3.800a4.300 4.300 0 1 0 5.600 0" />,
  star: <path d="M7 1.800l1.600 3.400 3.700.5-2.700 2.600.7 3.700L7 10.200 3.700 12l.7-3.700L1.700 5.700l3.700-.5z" />,
  reverse: <path d="M11.500 4.500H4.500a2.500 2.500 0 0 0 0 5h7M6.500 2.500l-2 2 2 2" />,
  magnet: <path d="M3.500 2.500v4a3.500 3.500 0 0 0 7 0v-4M3.500 4.500h2M8.500 4.500h2M5.500 2.500v4a1.500 1.500 0 0 0 3 0v-4M3.500 2.500h2M8.500 2.500h2" />,
  grip: <path d="M3 5h8M3 9h8" />,
};

export type IconName = keyof typeof shapes;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg viewBox="0 0 14 14" aria-hidden="true">
      {shapes[name]}
    </svg>
  );
}
