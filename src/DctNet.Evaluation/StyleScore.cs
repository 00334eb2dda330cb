namespace DctNet.Evaluation;

/// <summary>How one picture in one style compares with the teacher's.</summary>
/// <param name="Picture">The photo's name.</param>
/// <param name="Style">The style's name.</param>
/// <param name="View">What was drawn.</param>
/// <param name="Ssim">Luma, Gaussian σ 1.5, range 255, between student and reference.</param>
/// <param name="PsnrDb">Over R, G and B.</param>
/// <param name="Perceptual">Relative L1 of SqueezeNet's features; null without that network.</param>
/// <param name="Sharpness">Mean gradient magnitude, the student's over the reference's.</param>
/// <param name="Chroma">The student's mean distance from grey, BT.601.</param>
/// <param name="Identity">Heads: how far student and teacher are from the photo for a face-recognition network; null without one.</param>
/// <param name="Skin">Heads: the photo's skin and what student and teacher, uncorrected, add to it.</param>
/// <param name="Time">Whole pictures: what they took.</param>
public sealed record StyleScore(
    string Picture,
    string Style,
    PictureView View,
    double Ssim,
    double PsnrDb,
    double? Perceptual,
    double Sharpness,
    double Chroma,
    IdentityLoss? Identity,
    SkinShift? Skin,
    DrawingTime? Time);

/// <summary>1 − cosine between the embeddings of the drawn head and the photo's.</summary>
/// <param name="Student">Of the student's picture.</param>
/// <param name="Teacher">Of the reference.</param>
public sealed record IdentityLoss(double Student, double Teacher);

/// <summary>A face's skin and its shift.</summary>
/// <param name="Photo">Skin of the photo.</param>
/// <param name="Student">Skin of the student's picture minus the photo's.</param>
/// <param name="Teacher">Skin of the teacher's picture, before any correction, minus the photo's.</param>
public sealed record SkinShift(SkinColour Photo, SkinColour Student, SkinColour Teacher);

/// <summary>Processor time of one thread, which a busy machine hardly changes.</summary>
/// <param name="StudentMilliseconds">The student's.</param>
/// <param name="TeacherMilliseconds">The teacher's, in turn with it.</param>
public sealed record DrawingTime(double StudentMilliseconds, double TeacherMilliseconds);
