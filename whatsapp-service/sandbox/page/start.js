/* global Sim */
document.getElementById('session').textContent = window.__SANDBOX?.session ?? 'default';
document.getElementById('state').textContent = Sim.Socket.state;
Sim.link.connect();
window.Debug = { VERSION: '2.3000.sandbox' };
