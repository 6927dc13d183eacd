import { expect, test } from 'vitest';

import { loginView, logoutView } from '../../src/views/login-view.ts';

const login = { registry: 'a.test', username: 'edge', isChecked: true, path: '/h/config.json', helper: null };
const logout = { registry: 'a.test', wasLoggedIn: true, path: '/h/config.json', remaining: null };

test('a login', () => {
  expect(loginView(login)).toBe(
    'Logged in to a.test as edge\nThe password is in /h/config.json, which only you can read; it is not encrypted',
  );
  expect(loginView({ ...login, helper: 'docker-credential-pass' })).toBe(
    'Logged in to a.test as edge\nThe password is with docker-credential-pass',
  );
  expect(loginView({ ...login, isChecked: false })).toContain(
    '\na.test asks nobody for a password: whether it is right could not be told\n',
  );
});

test('a logout', () => {
  expect(logoutView(logout)).toBe('Logged out of a.test');
  expect(logoutView({ ...logout, wasLoggedIn: false, remaining: 'the file x' })).toBe(
    'There was no login to a.test in /h/config.json\nBuilds still find credentials for it in the file x',
  );
});
