import { createElement } from 'react';

export const Icon = ({ name }) => createElement('span', { className: `icon-${name}` });
export const Illustration = ({ name }) => createElement('span', { className: `illustration-${name}` });
