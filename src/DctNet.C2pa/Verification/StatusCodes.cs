namespace DctNet.C2pa.Verification;

/// <summary>Status codes of C2PA 2.4 ("Validation status codes") that the verifier gives.</summary>
public static class StatusCodes
{
#pragma warning disable CS1591 // The specification says what each means.
    public const string ClaimMissing = "claim.missing";
    public const string ClaimMultiple = "claim.multiple";
    public const string ClaimMalformed = "claim.malformed";
    public const string ClaimCborInvalid = "claim.cbor.invalid";
    public const string HardBindingsMissing = "claim.hardBindings.missing";

    public const string SignatureMissing = "claimSignature.missing";
    public const string SignatureMismatch = "claimSignature.mismatch";
    public const string SignatureValidated = "claimSignature.validated";
    public const string SignatureInsideValidity = "claimSignature.insideValidity";
    public const string SignatureOutsideValidity = "claimSignature.outsideValidity";

    public const string CredentialTrusted = "signingCredential.trusted";
    public const string CredentialUntrusted = "signingCredential.untrusted";
    public const string CredentialInvalid = "signingCredential.invalid";
    public const string CredentialExpired = "signingCredential.expired";

    /// <summary>Given with trust: nobody is asked whether a certificate was revoked.</summary>
    public const string OcspSkipped = "signingCredential.ocsp.skipped";

    public const string TimeStampValidated = "timeStamp.validated";
    public const string TimeStampTrusted = "timeStamp.trusted";
    public const string TimeStampUntrusted = "timeStamp.untrusted";
    public const string TimeStampMismatch = "timeStamp.mismatch";
    public const string TimeStampMalformed = "timeStamp.malformed";
    public const string TimeStampOutsideValidity = "timeStamp.outsideValidity";

    public const string AssertionMatch = "assertion.hashedURI.match";
    public const string AssertionMismatch = "assertion.hashedURI.mismatch";
    public const string AssertionMissing = "assertion.missing";
    public const string AssertionUndeclared = "assertion.undeclared";
    public const string AssertionOutsideManifest = "assertion.outsideManifest";
    public const string AssertionCborInvalid = "assertion.cbor.invalid";
    public const string AssertionMultipleHardBindings = "assertion.multipleHardBindings";
    public const string AssertionNotRedacted = "assertion.notRedacted";
    public const string AssertionSelfRedacted = "assertion.selfRedacted";
    public const string ActionRedacted = "assertion.action.redacted";
    public const string ActionMalformed = "assertion.action.malformed";
    public const string ActionIngredientMismatch = "assertion.action.ingredientMismatch";
    public const string ActionRedactionMismatch = "assertion.action.redactionMismatch";

    public const string DataHashMatch = "assertion.dataHash.match";
    public const string DataHashMismatch = "assertion.dataHash.mismatch";
    public const string DataHashMalformed = "assertion.dataHash.malformed";
    public const string DataHashRedacted = "assertion.dataHash.redacted";
    public const string DataHashAdditionalExclusions = "assertion.dataHash.additionalExclusionsPresent";
    public const string BmffHashMatch = "assertion.bmffHash.match";
    public const string BmffHashMismatch = "assertion.bmffHash.mismatch";
    public const string BmffHashAdditionalExclusions = "assertion.bmffHash.additionalExclusionsPresent";
    public const string BmffHashMalformed = "assertion.bmffHash.malformed";
    public const string BoxesHashMatch = "assertion.boxesHash.match";
    public const string BoxesHashMismatch = "assertion.boxesHash.mismatch";
    public const string BoxesHashMalformed = "assertion.boxesHash.malformed";
    public const string BoxesHashUnknownBox = "assertion.boxesHash.unknownBox";
    public const string BoxesHashAdditionalExclusions = "assertion.boxesHash.additionalExclusionsPresent";

    public const string IngredientMalformed = "assertion.ingredient.malformed";
    public const string IngredientUnknownProvenance = "ingredient.unknownProvenance";
    public const string IngredientManifestMissing = "ingredient.manifest.missing";
    public const string IngredientManifestMismatch = "ingredient.manifest.mismatch";
    public const string IngredientManifestValidated = "ingredient.manifest.validated";
    public const string IngredientSignatureMissing = "ingredient.claimSignature.missing";
    public const string IngredientSignatureMismatch = "ingredient.claimSignature.mismatch";
    public const string IngredientSignatureValidated = "ingredient.claimSignature.validated";

    public const string UpdateWrongParents = "manifest.update.wrongParents";
    public const string MultipleParents = "manifest.multipleParents";
    public const string AlgorithmUnsupported = "algorithm.unsupported";
    public const string GeneralError = "general.error";
}
