// Programs by their octets: formats that libmagic does not know by type, and programs inside of other files.
// How to write rules: docs/rulesets.md

rule windows_program_inside
{
    meta:
        category = "executable"
        description = "A Windows program that stands inside of another file: a document, a picture, a container"
        must_match_hex = "4749463839610000000000004d5a90000300000004000000ffff0000b800000000000000000000000000000000000000000000000000000000000000000000000000000000000000800000000e1fba0e00b409cd21b8014ccd21546869732070726f6772616d2063616e6e6f742062652072756e20696e20444f53206d6f64652e"
        must_not_match_1 = "My computer says: This program cannot be run in DOS mode."
        must_not_match_2 = "MZ are the initials of Mark Zbikowski."
    strings:
        $stub = { 4D 5A [40-160] 54 68 69 73 20 70 72 6F 67 72 61 6D 20 ( 63 61 6E 6E 6F 74 | 6D 75 73 74 ) 20 62 65 20 72 75 6E 20 }
    condition:
        $stub
}

rule windows_shortcut
{
    meta:
        category = "executable"
        description = "A Windows shortcut (.lnk), whatever it is called"
        must_match_hex = "4c0000000114020000000000c000000000000046"
        must_not_match = "L is for links."
    strings:
        $head = { 4C 00 00 00 01 14 02 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
    condition:
        $head at 0
}

rule windows_help
{
    meta:
        category = "executable"
        description = "Compiled HTML help (.chm), which can start programs"
        must_match_hex = "495453460300000060000000010000004f1ed26a09040000"
        must_not_match = "ITSF stands for many things."
    strings:
        $head = { 49 54 53 46 03 00 00 00 60 00 00 00 }
    condition:
        $head at 0
}

rule windows_installer
{
    meta:
        category = "executable"
        description = "A Windows installer package (.msi, .msp), whatever it is called"
        must_match_hex = "d0cf11e0a1b11ae1000084100c0000000000c000000000000046"
        must_not_match_hex = "d0cf11e0a1b11ae1000006090200000000c000000000000046"
    strings:
        $class = { 84 10 0C 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
        $patch = { 86 10 0C 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
    condition:
        uint32be(0) == 0xD0CF11E0 and any of them
}

rule onenote_notebook
{
    meta:
        category = "active-content"
        description = "A OneNote section (.one), whatever it is called"
        must_match_hex = "e4525c7b8cd8a74daeb15378d02996d3"
        must_not_match = "One note about the staff meeting."
    strings:
        $head = { E4 52 5C 7B 8C D8 A7 4D AE B1 53 78 D0 29 96 D3 }
    condition:
        $head at 0
}

rule sealed_or_unread_cms
{
    meta:
        category = "encrypted"
        description = "CMS (S/MIME) that is encrypted, or of a kind that is not opened, whatever it is called"
        must_match_hex = "308006092a864886f70d010703a0803080020100"
        must_not_match = "S/MIME is a standard."
    strings:
        $kind = { 06 09 2A 86 48 86 F7 0D 01 07 ( 01 | 03 | 05 | 06 ) A0 }
        $newer = { 06 0B 2A 86 48 86 F7 0D 01 09 10 01 ( 02 | 17 ) A0 }
    condition:
        uint8(0) == 0x30 and ($kind in (2..6) or $newer in (2..6))
}

rule openpgp_message
{
    meta:
        category = "encrypted"
        description = "An OpenPGP message in ASCII armour, which is locked, or merely packed"
        must_match = "-----BEGIN PGP MESSAGE-----\n\nhQEMA"
        must_not_match_1 = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256"
        must_not_match_2 = "Look for -----BEGIN PGP MESSAGE----- in the text."
    strings:
        $armour = /(^|\n)-----BEGIN PGP MESSAGE(, PART [0-9\/]{1,9})?-----[ \t]*\r?\n/
    condition:
        $armour
}
