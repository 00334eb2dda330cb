using System.Security.Cryptography.X509Certificates;
using DctNet.C2pa;
using DctNet.C2pa.Signing;
using DctNet.C2pa.Verification;
using DctNet.Core;
using DctNet.Core.Provenance;
using DctNet.Service.Options;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.Composition;

/// <summary>Who signs results and whom Verify trusts, as the options have it.</summary>
internal sealed class Credentials : IDisposable
{
    private const string DevelopmentDirectory = "development";

    private readonly HttpClient? _http;
    private readonly IDisposable? _key;

    /// <exception cref="StartupException">A key, a certificate or a trust list cannot be used, or there are two ways to sign.</exception>
    public Credentials(C2paOptions options, string systemName, DataDirectory home, TimeProvider time, ILogger logger)
    {
        try
        {
            var (trusted, stampers) = (Roots(options.TrustFile), Roots(options.TimeStampTrustFile));
            ISigner? signer = null;
            if (options.Enabled)
            {
                if (options.SignerUrl is not null || options.TimeStampUrl is not null)
                {
                    _http = new HttpClient { Timeout = TimeSpan.FromSeconds(options.TimeoutSeconds) };
                }

                signer = Configured(options, _http, time);
                if (signer is not null)
                {
                    LogSigner(signer, options, time, logger);
                }
                else
                {
                    var directory = Path.Combine(home.Certificates, DevelopmentDirectory);
                    var made = DevelopmentCertificates.ReadOrCreate(directory, systemName, time.GetUtcNow());
                    logger.DevelopmentCertificates(directory);
                    signer = KeySigner.FromPem(made.ChainPem, made.KeyPem);
                    trusted = $"{trusted}\n{made.RootPem}"; // Without a line break between them neither certificate is found.
                }
            }
            else
            {
                logger.SigningDisabled();
            }

            _key = signer as IDisposable;
            Verifier = new ManifestVerifier(TrustList.FromPem(trusted, stampers), time);
            if (signer is not null)
            {
                var stamper = options.TimeStampUrl is { } address ? new TimeStampAuthority(_http!, address) : null;
                Issuer = new CredentialIssuer(
                    new ManifestWriter(signer, stamper, Verifier),
                    new GeneratorInfo(systemName, ServiceVersion.Current),
                    problem => logger.SigningFailed(problem.Message));
            }
        }
        catch (Exception problem) when (problem is C2paException or IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw new StartupException($"DctNet:C2pa: {problem.Message}", problem);
        }
    }

    /// <summary>Null where results are not signed.</summary>
    public CredentialIssuer? Issuer { get; }

    public ManifestVerifier Verifier { get; }

    public void Dispose()
    {
        _key?.Dispose();
        _http?.Dispose();
    }

    /// <summary>A trust file's text. One without certificates is another file: Verify would trust nobody and not say why.</summary>
    private static string Roots(string? path)
    {
        if (path is null)
        {
            return "";
        }

        try
        {
            var pem = File.ReadAllText(path);
            CertificateChain.FromPem(pem);
            return pem;
        }
        catch (C2paException problem)
        {
            throw new C2paException($"{path}: {problem.Message}", problem);
        }
    }

    /// <summary>The signer that is configured, or null.</summary>
    private static ISigner? Configured(C2paOptions options, HttpClient? http, TimeProvider time)
    {
        bool[] ways = [options.PrivateKeyFile is not null, options.Pkcs12File is not null, options.SignerCommand.Length > 0, options.SignerUrl is not null];
        if (ways.Count(way => way) > 1)
        {
            throw new StartupException("DctNet:C2pa: PrivateKeyFile, Pkcs12File, SignerCommand and SignerUrl exclude each other.");
        }

        if (options.Pkcs12File is { } pkcs12)
        {
            return KeySigner.FromPkcs12File(pkcs12, options.Pkcs12Password);
        }

        if (!ways.Contains(true) && options.CertificateFile is null)
        {
            return null;
        }

        if (!ways.Contains(true) || options.CertificateFile is not { } certificates)
        {
            throw new StartupException(
                "DctNet:C2pa: CertificateFile goes with one of PrivateKeyFile, SignerCommand and SignerUrl, and each of them with it.");
        }

        return options switch
        {
            { PrivateKeyFile: { } key } => KeySigner.FromPemFiles(certificates, key),
            { SignerUrl: { } address } => new HttpSigner(http!, address, CertificateChain.FromPemFile(certificates)),
            _ => new ProcessSigner(
                options.SignerCommand, CertificateChain.FromPemFile(certificates), TimeSpan.FromSeconds(options.TimeoutSeconds), time),
        };
    }

    /// <summary>Says who signs, and with what. Of a command and an address no more than the program and the host: the rest may be secret.</summary>
    private static void LogSigner(ISigner signer, C2paOptions options, TimeProvider time, ILogger logger)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(signer.Certificates[0].Span);
        var key = options switch
        {
            { SignerUrl: { } address } => $"the service at {address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)}",
            { SignerCommand: [var program, ..] } => $"the command {program}",
            _ => $"the key in {options.PrivateKeyFile ?? options.Pkcs12File}",
        };
        logger.Signing(certificate.Subject, signer.Algorithm.ToString().ToUpperInvariant(), key);

        var (from, to) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        if (time.GetUtcNow().UtcDateTime is var now && (now < from || now > to))
        {
            logger.CertificateOutOfDate($"{from:u}", $"{to:u}");
        }
    }
}
