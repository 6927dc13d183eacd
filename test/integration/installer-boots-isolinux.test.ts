import { testInstallerBoots } from '../support/installer-boots.ts';

testInstallerBoots(['isolinux', 'copiedEfi']);
