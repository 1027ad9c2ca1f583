<?php

declare(strict_types=1);

namespace WhatsAppBridge\Support;

use libphonenumber\NumberParseException;
use libphonenumber\PhoneNumberFormat;
use libphonenumber\PhoneNumberUtil;
use Normalizer;

/**
 * Phone numbers as people type them, in E.164. What the bridge sends has been checked with libphonenumber; for other
 * numbers this knows one country's rules, and uses libphonenumber where the application has it.
 */
final class PhoneNumber
{
    private const MAX_INPUT = 64;

    /** What comes along when a number is copied: marks of direction, joiners, soft hyphens, a byte order mark. */
    private const INVISIBLE = '/[\x{00ad}\x{061c}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}]/u';

    private const SEPARATORS = '/[\s()._\/\x{00a0}\x{2010}-\x{2015}\x{2212}-]/u';

    /** Null when it is no number that can be dialled. */
    public static function format(string $phone): ?string
    {
        if (mb_strlen($phone) > self::MAX_INPUT || ! mb_check_encoding($phone, 'UTF-8')) {
            return null;
        }
        $bare = self::bare($phone);
        if (preg_match('/^\+?\d{5,20}$/D', $bare) !== 1) {
            return null;
        }
        if (class_exists(PhoneNumberUtil::class)) {
            return self::byLibrary($bare);
        }
        $number = self::international($bare);

        return preg_match('/^\+[1-9]\d{7,14}$/D', $number) === 1 ? $number : null;
    }

    private static function bare(string $phone): string
    {
        $plain = trim((string) preg_replace(self::INVISIBLE, '', class_exists(Normalizer::class) ? (string) Normalizer::normalize($phone, Normalizer::FORM_KC) : $phone));
        // A spreadsheet's apostrophe, and the scheme of a link on a web page.
        $plain = (string) preg_replace('/^(\'|tel:)/i', '', $plain);
        // `+62 (0)812…`: the trunk prefix is never dialled after a country code.
        $plain = preg_match('/^\(?(\+|00)/', $plain) === 1 ? str_replace('(0)', '', $plain) : $plain;

        return (string) preg_replace(self::SEPARATORS, '', $plain);
    }

    private static function international(string $bare): string
    {
        $code = (string) config('whatsapp.phone.calling_code');
        $trunk = (string) config('whatsapp.phone.trunk_prefix');
        if (str_starts_with($bare, '+') || str_starts_with($bare, '00')) {
            $digits = ltrim($bare, '+');
            $digits = str_starts_with($bare, '00') ? substr($digits, 2) : $digits;

            return '+'.self::withoutTrunk($digits, $code, $trunk);
        }
        if ($trunk !== '' && str_starts_with($bare, $trunk)) {
            return '+'.$code.substr($bare, strlen($trunk));
        }
        // A number at home is seldom so long that it could hold the country code, too.
        $hasCode = str_starts_with($bare, $code) && strlen($bare) >= strlen($code) + 8;

        return '+'.($hasCode ? self::withoutTrunk($bare, $code, $trunk) : $code.$bare);
    }

    /** `+620812…` means +62812…. */
    private static function withoutTrunk(string $digits, string $code, string $trunk): string
    {
        return $trunk !== '' && str_starts_with($digits, $code.$trunk) ? $code.substr($digits, strlen($code.$trunk)) : $digits;
    }

    private static function byLibrary(string $bare): ?string
    {
        $library = PhoneNumberUtil::getInstance();
        try {
            $number = $library->parse(str_starts_with($bare, '00') ? '+'.substr($bare, 2) : $bare, (string) config('whatsapp.phone.region'));
        } catch (NumberParseException) {
            return null;
        }

        return $library->isValidNumber($number) ? $library->format($number, PhoneNumberFormat::E164) : null;
    }
}
