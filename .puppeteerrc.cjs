// The browser is found or fetched by `npm run setup`, never by a postinstall script.
module.exports = { skipDownload: true };
