using DctNet.C2pa.Signing;

namespace DctNet.C2pa.Tests.Interop;

/// <summary>Key and certificates of a signer, for any algorithm that c2pa-rs has.</summary>
internal sealed record SignerFiles(string Algorithm, string RootPem, string ChainPem, string KeyPem)
{
    public static SignerFiles Of(SigningAlgorithm algorithm) => Of(algorithm.ToString().ToLowerInvariant(), algorithm);

    /// <summary>Every algorithm of C2PA, whether it is written here or not.</summary>
    /// <param name="algorithm">As c2pa-rs calls it.</param>
    /// <param name="alsoOfRoot">Whether the root has an Ed25519 key too.</param>
    public static SignerFiles Of(string algorithm, bool alsoOfRoot = false) => algorithm switch
    {
        "es256" => Of(algorithm, SigningAlgorithm.Es256),
        "es384" => Of(algorithm, SigningAlgorithm.Es384),
        "es512" => ByOpenSsl(algorithm, alsoOfRoot, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"),
        "ed25519" => ByOpenSsl(algorithm, alsoOfRoot, "-newkey", "ed25519"),
        _ => Of(algorithm, SigningAlgorithm.Ps256),
    };

    private static SignerFiles Of(string algorithm, SigningAlgorithm own)
    {
        var set = TestCredentials.Certificates(own);
        return new SignerFiles(algorithm, set.RootPem, set.ChainPem, set.KeyPem);
    }

    /// <summary>Signed by the key of a root of its own; .NET makes no keys of Ed25519.</summary>
    private static SignerFiles ByOpenSsl(string algorithm, bool edwardsRoot, params string[] kind)
    {
        var directory = Directory.CreateTempSubdirectory("dctnet-signer-");
        try
        {
            string[] rootKind = edwardsRoot ? ["-newkey", "ed25519"] : ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
            Request(
            [
                .. rootKind, "-subj", "/O=Test/CN=Root", "-keyout", In("root.key"), "-out", In("root.pem"),
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign",
            ]);
            Request(
            [
                .. kind, "-CA", In("root.pem"), "-CAkey", In("root.key"), "-subj", "/O=Test/CN=Signer", "-keyout", In("key.pem"), "-out", In("leaf.pem"),
                "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature",
                "-addext", "extendedKeyUsage=emailProtection", "-addext", "authorityKeyIdentifier=keyid",
            ]);
            return new SignerFiles(algorithm, Read("root.pem"), Read("leaf.pem"), Read("key.pem"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        string In(string name) => Path.Combine(directory.FullName, name);

        string Read(string name) => File.ReadAllText(In(name));

        static void Request(params string[] arguments)
        {
            var (code, _, errors) = Peer.Run("openssl", "", ["req", "-x509", "-config", "/dev/null", "-nodes", "-days", "2", .. arguments]);
            Peer.Require(code == 0, $"openssl 3 ({errors})");
        }
    }
}
