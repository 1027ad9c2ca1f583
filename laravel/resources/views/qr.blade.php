<div {{ $attributes->merge(['class' => 'whatsapp-qr']) }} data-whatsapp-qr="{{ $url }}" data-session="{{ $session }}" data-interval="{{ $intervalMs }}">
    <img alt="{{ __('QR code to link WhatsApp') }}" width="{{ $size }}" height="{{ $size }}" hidden>
    <p role="status" aria-live="polite">{{ __('One moment…') }}</p>
    <noscript>{{ __('The QR code needs JavaScript.') }}</noscript>
</div>
@once
<script @if ($nonce) nonce="{{ $nonce }}" @endif>{!! $script !!}</script>
@endonce
