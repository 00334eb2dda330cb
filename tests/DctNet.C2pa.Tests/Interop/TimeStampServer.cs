using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DctNet.C2pa.Tests.Interop;

/// <summary>A time-stamp authority on this machine: OpenSSL behind a few lines of HTTP.</summary>
internal sealed class TimeStampServer : IDisposable
{
    private readonly HttpListener _listener;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dctnet-tsa-");
    private readonly Lock _one = new();

    public TimeStampServer()
    {
        Peer.Require(Peer.Run("openssl", "", "version").Code == 0, "openssl");
        MakeCertificates();
        (_listener, Address) = LoopbackListener.Start();
        _ = Task.Run(ServeAsync);
    }

    public Uri Address { get; }

    public string RootPem { get; private set; } = "";

    public void Dispose()
    {
        _listener.Close();
        _directory.Delete(recursive: true);
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var query = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(query);
            context.Response.ContentType = "application/timestamp-reply";
            await context.Response.OutputStream.WriteAsync(Reply(query.ToArray()));
            context.Response.Close();
        }
    }

    private byte[] Reply(byte[] query)
    {
        lock (_one)
        {
            File.WriteAllBytes(In("query"), query);
            var (code, _, errors) = Peer.Run(
                "openssl", "", "ts", "-reply", "-config", In("config"), "-queryfile", In("query"), "-inkey", In("key.pem"),
                "-signer", In("tsa.pem"), "-chain", In("root.pem"), "-out", In("reply"));
            return code == 0 ? File.ReadAllBytes(In("reply")) : throw new InvalidOperationException(errors);
        }
    }

    private void MakeCertificates()
    {
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        using var rootKey = RSA.Create(2048);
        var rootRequest = new CertificateRequest("CN=Test TSA root,O=Test TSA", rootKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        rootRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        rootRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(rootRequest.PublicKey, critical: false));
        using var root = rootRequest.CreateSelfSigned(from, to);

        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=Test TSA,O=Test TSA", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.8")], critical: true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, true, false));
        using var tsa = request.Create(root, from, to, RandomNumberGenerator.GetBytes(16));
        RootPem = root.ExportCertificatePem() + "\n";
        File.WriteAllText(In("root.pem"), RootPem);
        File.WriteAllText(In("tsa.pem"), tsa.ExportCertificatePem() + "\n");
        File.WriteAllText(In("key.pem"), key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(In("serial"), "01\n");
        File.WriteAllText(In("config"), $"""
            [tsa]
            default_tsa = one
            [one]
            serial = {In("serial")}
            crypto_device = builtin
            signer_digest = sha256
            default_policy = 1.2.3.4.1
            digests = sha256, sha384, sha512
            accuracy = secs:1
            ess_cert_id_alg = sha256

            """);
    }

    private string In(string name) => Path.Combine(_directory.FullName, name);
}
