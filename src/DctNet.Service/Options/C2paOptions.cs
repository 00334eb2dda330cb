using System.ComponentModel.DataAnnotations;

namespace DctNet.Service.Options;

/// <summary>
/// Content credentials. Section <c>DctNet:C2pa</c>. One way to sign is configured, or none: then development certificates are made in the
/// data directory on first start and every start says so.
/// </summary>
public sealed record C2paOptions
{
    /// <summary>Whether results are signed. Defaults to true. Verify examines credentials either way.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>PEM file with the signer's certificate and its issuers; with a key file, a command or a URL. Defaults to none.</summary>
    public string? CertificateFile { get; set => field = Setting.OrNone(value); }

    /// <summary>PEM file with the certificate's private key. Defaults to none.</summary>
    public string? PrivateKeyFile { get; set => field = Setting.OrNone(value); }

    /// <summary>PKCS#12 file with key and certificates, instead of the two PEM files. Defaults to none.</summary>
    public string? Pkcs12File { get; set => field = Setting.OrNone(value); }

    /// <summary>Password of the PKCS#12 file. Defaults to none.</summary>
    public string? Pkcs12Password { get; set; }

    /// <summary>
    /// Program and arguments that sign: data on standard input, signature on standard output. For the command line of a key service.
    /// Defaults to none.
    /// </summary>
    public string[] SignerCommand { get; set; } = [];

    /// <summary>Address that signs: the data is posted, the answer is the signature. Defaults to none.</summary>
    public Uri? SignerUrl { get; set => field = Setting.OrNone(value); }

    /// <summary>How long a command, an address or a time-stamp authority may take. Defaults to 10 seconds.</summary>
    [Range(1, 300)]
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>Address of an RFC 3161 time-stamp authority. Defaults to none, and then credentials expire with their certificate.</summary>
    public Uri? TimeStampUrl { get; set => field = Setting.OrNone(value); }

    /// <summary>PEM file with the roots of signers that Verify trusts. Defaults to none but the development root, where that signs.</summary>
    public string? TrustFile { get; set => field = Setting.OrNone(value); }

    /// <summary>PEM file with the roots of time-stamp authorities that Verify trusts. Defaults to none.</summary>
    public string? TimeStampTrustFile { get; set => field = Setting.OrNone(value); }

    /// <summary>What would fail at the first picture, or null.</summary>
    internal string? Validate() =>
        IsWeb(SignerUrl) ? IsWeb(TimeStampUrl) ? null : $"C2pa:TimeStampUrl ({TimeStampUrl}) must be an http or https address."
        : $"C2pa:SignerUrl ({SignerUrl}) must be an http or https address.";

    private static bool IsWeb(Uri? url) => url is null or { IsAbsoluteUri: true, Scheme: "http" or "https" };
}
