using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DctNet.C2pa.Signing;
using DctNet.C2pa.Tests.Interop;
using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;
using DctNet.Core.Tests.Inference;
using static DctNet.C2pa.Tests.TestCredentials;

namespace DctNet.C2pa.Tests;

/// <summary>Keys in files, in another process and behind HTTP.</summary>
public sealed class SignerTests : IDisposable
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dctnet-c2pa-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Pem_files_sign_and_the_key_is_readable_by_its_owner_alone()
    {
        Certificates().WriteTo(_directory.FullName);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(In(DevelopmentCertificates.KeyFile)));
        }

        using var signer = KeySigner.FromPemFiles(In(DevelopmentCertificates.ChainFile), In(DevelopmentCertificates.KeyFile));

        await ExpectTrusted(signer);
        Assert.Throws<IOException>(() => Certificates().WriteTo(_directory.FullName));
    }

    [Theory]
    [InlineData(SigningAlgorithm.Es256)]
    [InlineData(SigningAlgorithm.Es384)]
    [InlineData(SigningAlgorithm.Ps256)]
    public async Task A_pkcs12_file_signs(SigningAlgorithm algorithm)
    {
        var set = Certificates(algorithm);
        using var pair = X509Certificate2.CreateFromPem(set.ChainPem, set.KeyPem);
        var bag = new X509Certificate2Collection(pair);
        var others = new X509Certificate2Collection();
        others.ImportFromPem(set.ChainPem + set.RootPem);
        bag.AddRange(others.Skip(1).Reverse().ToArray());
        await File.WriteAllBytesAsync(In("signer.p12"), bag.Export(X509ContentType.Pkcs12, "secret")!, Cancellation);

        using var signer = KeySigner.FromPkcs12File(In("signer.p12"), "secret");

        Assert.Equal((algorithm, 2), (signer.Algorithm, signer.Certificates.Count));
        await ExpectTrusted(signer, algorithm);
        Assert.Throws<C2paException>(() => KeySigner.FromPkcs12File(In("signer.p12"), "wrong"));
    }

    [Theory]
    [InlineData(SigningAlgorithm.Es256, "-sha256")]
    [InlineData(SigningAlgorithm.Es384, "-sha384")]
    [InlineData(SigningAlgorithm.Ps256, "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32")]
    public async Task A_program_signs(SigningAlgorithm algorithm, params string[] options)
    {
        Peer.Require(Peer.Run("openssl", "", "version").Code == 0, "openssl");
        Certificates(algorithm).WriteTo(_directory.FullName);
        var signer = new ProcessSigner(
            ["openssl", "dgst", .. options, "-sign", In(DevelopmentCertificates.KeyFile)],
            CertificateChain.FromPemFile(In(DevelopmentCertificates.ChainFile)),
            s_patience);

        await ExpectTrusted(signer, algorithm);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("no-such-program-anywhere")]
    [InlineData("cat")]
    public async Task A_program_that_does_not_sign_is_an_error_that_names_it(string program)
    {
        var signer = new ProcessSigner([program], CertificateChain.FromPem(Certificates().ChainPem), s_patience);

        var error = await Assert.ThrowsAsync<C2paException>(() => SignAsync(signer));

        Assert.Contains(program == "cat" ? "does not match" : program, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_fails_without_a_word_for_us_is_quoted()
    {
        var signer = new ProcessSigner(["sh", "-c", "echo the vault is closed >&2; exit 7"], CertificateChain.FromPem(Certificates().ChainPem), s_patience);

        var error = await Assert.ThrowsAsync<C2paException>(() => SignAsync(signer));

        Assert.Contains("exit code 7. the vault is closed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_store_that_is_not_there_or_is_none_is_named()
    {
        var missing = Assert.Throws<C2paException>(() => KeySigner.FromPkcs12File(In("none.p12"), null));
        Assert.Contains("Could not find file", missing.Message, StringComparison.Ordinal);

        File.WriteAllText(In("text.p12"), "no key store");
        var text = Assert.Throws<C2paException>(() => KeySigner.FromPkcs12File(In("text.p12"), null));
        Assert.Contains("text.p12 cannot be read", text.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_hangs_is_ended()
    {
        var (time, timeout, file) = (new ManualTime(), TimeSpan.FromSeconds(5), In("pid"));
        var signer = new ProcessSigner(
            ["sh", "-c", $"echo $$ > '{file}.new'; mv '{file}.new' '{file}'; exec sleep 600"],
            CertificateChain.FromPem(Certificates().ChainPem),
            timeout,
            time);

        var signing = SignAsync(signer);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(file) || signing.IsCompleted, s_patience));
        time.Advance(timeout);
        var error = await Assert.ThrowsAsync<C2paException>(() => signing.WaitAsync(s_patience, Cancellation));

        Assert.Contains("within", error.Message, StringComparison.Ordinal);
        var id = int.Parse(await File.ReadAllTextAsync(file, Cancellation), CultureInfo.InvariantCulture);
        Assert.True(SpinWait.SpinUntil(() => Process.GetProcesses().All(process => process.Id != id), s_patience), "The program is still there.");
    }

    [Fact]
    public async Task A_service_signs_and_its_refusal_is_an_error()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(Certificates().KeyPem);
        var (listener, address) = Listen(data => data.Length > 0 ? key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence) : null);
        using (listener)
        {
            using var http = new HttpClient();
            var chain = CertificateChain.FromPem(Certificates().ChainPem);
            await ExpectTrusted(new HttpSigner(http, address, chain));
            await Assert.ThrowsAsync<C2paException>(async () => await new HttpSigner(http, address, chain).SignAsync(ReadOnlyMemory<byte>.Empty, Cancellation));
        }
    }

    [Fact]
    public async Task A_service_that_stalls_after_its_headers_is_given_up()
    {
        using var stalls = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        stalls.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)stalls.LocalEndpoint).Port}/");
        using var http = new HttpClient { Timeout = TimeSpan.FromMilliseconds(300) };
        var signer = new HttpSigner(http, address, CertificateChain.FromPem(Certificates().ChainPem));

        var authority = new TimeStampAuthority(http, address);
        foreach (var ask in (Func<Task>[])[() => SignAsync(signer), () => authority.StampAsync(new byte[32], Cancellation).AsTask()])
        {
            var asking = ask();
            using var connection = await stalls.AcceptTcpClientAsync(Cancellation);
            await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\nhalf"u8.ToArray(), Cancellation);

            var error = await Assert.ThrowsAsync<C2paException>(() => asking.WaitAsync(s_patience, Cancellation));
            Assert.Contains("within 0.3 s", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_picture_is_signed_and_stamped_once_whatever_the_length_of_the_chain()
    {
        using var key = Signer(SigningAlgorithm.Ps256);
        var signer = new LongChain(key);

        var signed = await new ManifestWriter(signer, signer).SignAsync(TestFiles.Of(ImageFormat.Jpeg), Definition(), Cancellation);

        Assert.Equal((1, 1), (signer.Signatures, signer.Stamps));
        Assert.InRange(signed.ManifestStore.Length, 12 << 10, 24 << 10);
    }

    [Fact]
    public async Task A_key_that_is_not_the_certificates_signs_nothing()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Throws<C2paException>(() => KeySigner.FromPem(Certificates().ChainPem, other.ExportPkcs8PrivateKeyPem()));
        Assert.Throws<C2paException>(() => KeySigner.FromPem("", other.ExportPkcs8PrivateKeyPem()));
        await Assert.ThrowsAsync<C2paException>(() => new ManifestWriter(Signer()).SignAsync(new byte[100], Definition(), Cancellation));
    }

    private string In(string name) => Path.Combine(_directory.FullName, name);

    private static async Task<byte[]> SignAsync(ISigner signer) =>
        (await new ManifestWriter(signer).SignAsync(TestFiles.Of(ImageFormat.Jpeg), Definition(), Cancellation)).ToArray();

    private static async Task ExpectTrusted(ISigner signer, SigningAlgorithm algorithm = SigningAlgorithm.Es256) =>
        Assert.Equal(ValidationState.Trusted, Verifier(algorithm).Verify(await SignAsync(signer)).State);

    private static (HttpListener Listener, Uri Address) Listen(Func<byte[], byte[]?> answer)
    {
        var (listener, address) = LoopbackListener.Start();
        _ = Task.Run(async () =>
        {
            while (listener.IsListening)
            {
                var context = await listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                if (answer(body.ToArray()) is { } bytes)
                {
                    await context.Response.OutputStream.WriteAsync(bytes);
                }
                else
                {
                    context.Response.StatusCode = 403;
                }

                context.Response.Close();
            }
        });
        return (listener, address);
    }

    /// <summary>A signer of many certificates, and an authority whose tokens are as long as they get.</summary>
    private sealed class LongChain(ISigner signer) : ISigner, ITimeStamper
    {
        public int Signatures { get; private set; }

        public int Stamps { get; private set; }

        public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; } = [signer.Certificates[0], .. Enumerable.Repeat(signer.Certificates[1], 8)];

        public SigningAlgorithm Algorithm => signer.Algorithm;

        public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        {
            Signatures++;
            return signer.SignAsync(data, cancellationToken);
        }

        public ValueTask<byte[]> StampAsync(ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken)
        {
            Stamps++;
            return ValueTask.FromResult(new byte[7000]);
        }
    }
}
